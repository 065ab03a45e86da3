"""Real projects whose source distribution carries its tests, pinned by version and digest."""

from __future__ import annotations

import msgspec


class Release(msgspec.Struct, frozen=True):
    """A release of a project.

    Args:
        version: Its version.
        sha256: Digest of its source distribution, in hexadecimal.
    """

    version: str
    sha256: str


class Project(msgspec.Struct, frozen=True):
    """A project, the release that is kept, and one before it.

    Args:
        name: What the package index calls it.
        version: The release that is kept.
        sha256: Digest of its source distribution, in hexadecimal.
        licence: What it may be used under, in the terms of SPDX.
        needs: Distributions that its tests import, beside pytest.
        previous: A release on whose sources some tests of the kept one fail, where a good one is known.
    """

    name: str
    version: str
    sha256: str
    licence: str
    needs: tuple[str, ...] = ()
    previous: Release | None = None


PROJECTS: tuple[Project, ...] = (
    Project(
        "boltons",
        "26.2.0",
        "d39cfd15c1a1c3bd4d705c82252fa9edb8e4f5e8cc039f8e39afac7b1b47e92c",
        "BSD-3-Clause",
    ),
    Project(
        "cachetools",
        "8.0.1",
        "deb1d376d4d28c2f33f3e3058043b005e0af75c35c094bd54053e27d2906ad95",
        "MIT",
        previous=Release("8.0.0", "5ed01bd676800d51f0025605e4fd8ad0891550513e7b0a4c3da478463764e5c3"),
    ),
    Project(
        "rfc3986",
        "2.0.0",
        "97aacf9dbd4bfd829baad6e6309fa6573aaf1be3f6fa735c8ab05e46cecb261c",
        "Apache-2.0",
        previous=Release("1.5.0", "270aaf10d87d0d4e095063c65bf3ddbc6ee3d0b226328ce21e036f946e421835"),
    ),
    Project(
        "schema",
        "0.7.8",
        "e86cc08edd6fe6e2522648f4e47e3a31920a76e82cce8937535422e310862ab5",
        "MIT",
    ),
    Project(
        "semver",
        "3.1.1",
        "149b26cabada6f63212f97e94505d21578cb1d280cf714827f328d5e70765fea",
        "BSD-3-Clause",
        previous=Release("3.1.0", "14bc073439513d7773662a338f4db9829cf16c12b74b9568e2d2689975fbd7fc"),
    ),
    Project(
        "simpleeval",
        "1.0.8",
        "b417f869c11f2de034eb919820a825f35d12ce99f63a43971947ce73679eb9ba",
        "MIT",
        previous=Release("1.0.7", "1e10e5f9fec597814444e20c0892ed15162fa214c8a88f434b5b077cf2fef85b"),
    ),
    Project(
        "sqlparse",
        "0.6.1",
        "ca722573f848ff2d30e40ea30f53a104b7dea7635ea9285891263eb2c58fb6e7",
        "BSD-3-Clause",
        previous=Release("0.6.0", "113c35c75365ab9cc9c7231d68c6428fb11c085fc8e9eb1ad659b7ddbf6cd2b9"),
    ),
    Project(
        "tabulate",
        "0.10.0",
        "e2cfde8f79420f6deeffdeda9aaec3b6bc5abce947655d17ac662b126e48a60d",
        "MIT",
        previous=Release("0.9.0", "0095b12bf5966de529c0feb1fa08671671b3368eec77d7ef7ab114be2c068b3c"),
    ),
    Project(
        "tinydb",
        "4.9.0",
        "6928b1fa785186bda7952a0ba05aaeedc883ede565ca9c7d608de44e5e75de70",
        "MIT",
        previous=Release("4.8.2", "f7dfc39b8d7fda7a1ca62a8dbb449ffd340a117c1206b68c50b1a481fb95181d"),
    ),
    Project(
        "toolz",
        "1.2.0",
        "9667a038e9d6ecba37995e26cb2f59ec6420b6ad8dd9677de59db9b956b08490",
        "BSD-3-Clause",
        previous=Release("1.1.0", "27a5c770d068c110d9ed9323f24f1543e83b2f300a687b7891c1a6d56b697b5b"),
    ),
    Project(
        "unidiff",
        "1.0.1",
        "d9425bc516390c54743a1045b2c1c97f02d245a913a241dd499f958adb2df998",
        "MIT",
        previous=Release("1.0.0", "5e5d5cfab2dc98be819b74747ab7d9f5af8695369ec8710b93f9ab0f0ae6a449"),
    ),
    Project(
        "voluptuous",
        "0.16.0",
        "006535e22fed944aec17bef6e8725472476194743c87bd233e912eb463f8ff05",
        "BSD-3-Clause",
        previous=Release("0.15.2", "6ffcab32c4d3230b4d2af3a577c87e1908a714a11f6f95570456b1849b0279aa"),
    ),
    Project(
        "webcolors",
        "25.10.0",
        "62abae86504f66d0f6364c2a8520de4a0c47b80c03fc3a5f1815fedbef7c19bf",
        "BSD-3-Clause",
    ),
    Project(
        "xmltodict",
        "1.0.4",
        "6d94c9f834dd9e44514162799d344d815a3a4faec913717a9ecbfa5be1bb8e61",
        "MIT",
        previous=Release("1.0.3", "3bf1f49c7836df34cf6d9cc7e690c4351f7dfff2ab0b8a1988bba4a9b9474909"),
    ),
)
