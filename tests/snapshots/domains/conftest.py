"""What the tests of domains share: a tiny shop as a DuckDB file, its image, and a database on it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.image import Image
from agent_envs.snapshots.domains.image_from_duckdb import image_from_duckdb

CLOCK = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SHOP = """
CREATE TABLE customer (id VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, active BOOLEAN NOT NULL DEFAULT true);
CREATE TABLE seat (id INTEGER PRIMARY KEY, place INTEGER UNIQUE, customer VARCHAR REFERENCES customer(id));
CREATE TABLE "order" (
    customer VARCHAR REFERENCES customer(id), number INTEGER, cents INTEGER NOT NULL CHECK (cents >= 0),
    state VARCHAR NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid')), weight DOUBLE, made TIMESTAMP,
    PRIMARY KEY (customer, number));
INSERT INTO customer VALUES ('c1', 'Ada', true), ('c2', 'Bo', false), ('c3', 'Cy', true);
INSERT INTO seat VALUES (1, 10, 'c1'), (2, 20, 'c2'), (3, NULL, NULL);
INSERT INTO "order" VALUES ('c1', 1, 500, 'open', 1.5, '2026-02-01 10:00:00'), ('c1', 2, 700, 'paid', NULL, NULL),
    ('c2', 1, 0, 'open', 0, '2026-02-03 10:00:00.5');
"""


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(SHOP)
    return path


@pytest.fixture(scope="session")
def shop(shop_file: Path) -> Image:
    return image_from_duckdb(shop_file)


@pytest.fixture
def database(shop: Image) -> EpisodeDatabase:
    return EpisodeDatabase(shop, CLOCK)
