"""The agent's tools that write about what a line may do in the network: blocks, SIMs, roaming, repairs."""

from __future__ import annotations

from typing import Literal

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .billing import charge, new_id
from .reading import Text
from .rules import SIM_CENTS


@tool(writes=True)
def block_line(db: EpisodeDatabase, line_id: Text, reason: Literal["stolen", "lost"]) -> views.Line:
    """Block a line whose phone was stolen or lost: no calls, no texts, no data."""
    line = views.line(db, line_id)
    if line.block != "none":
        raise ToolError(f"line {line_id} is already blocked as {line.block}")
    return _changed(db, line_id, "block", reason)


@tool(writes=True)
def lift_block(db: EpisodeDatabase, line_id: Text) -> views.Line:
    """Lift the block of a line; no bill of the customer may be overdue."""
    line = views.line(db, line_id)
    if line.block == "none":
        raise ToolError(f"line {line_id} is not blocked; look for another cause")
    overdue = db.row(
        "SELECT bill_id, amount_cents FROM bills WHERE customer_id = ? AND status = 'overdue' ORDER BY bill_id",
        line.customer_id,
    )
    if overdue is not None:
        raise ToolError(
            f"bill {overdue['bill_id']} of {overdue['amount_cents']} cents is overdue; it must be paid first"
        )
    return _changed(db, line_id, "block", "none")


@tool(writes=True)
def activate_sim(db: EpisodeDatabase, line_id: Text, sim_id: Text) -> list[views.Sim]:
    """Activate a SIM card that was sent; the line's earlier SIM stops working. Returns all SIMs of the line."""
    sims = {sim.sim_id: sim for sim in _sims(db, line_id)}
    if sim_id not in sims:
        raise ToolError(f"line {line_id} has no SIM {sim_id[:60]!r}, but {list(sims)}")
    if sims[sim_id].status != "sent":
        raise ToolError(f"SIM {sim_id} is {sims[sim_id].status}; only one that was sent can be activated")
    db.write("UPDATE sims SET status = 'replaced' WHERE line_id = ? AND status = 'active'", line_id)
    db.write("UPDATE sims SET status = 'active' WHERE sim_id = ?", sim_id)
    return views.sims(db, line_id)


@tool(writes=True)
def replace_sim(db: EpisodeDatabase, line_id: Text, kind: views.SimKind) -> views.Sim:
    """Issue a new SIM: a card comes by post and is activated later, an eSIM takes the old one's place at once.

    A card costs 1000 cents on the next bill, an eSIM nothing. No other card may be on its way.
    """
    sims = _sims(db, line_id)
    waiting = [sim.sim_id for sim in sims if sim.status == "sent"]
    if waiting:
        raise ToolError(f"the card {waiting[0]} was sent for line {line_id} and is not active yet; activate that one")
    if kind == "esim":
        db.write("UPDATE sims SET status = 'replaced' WHERE line_id = ? AND status = 'active'", line_id)
    sim_id = new_id(db, "sims", "sim_id", "SIM")
    status = "active" if kind == "esim" else "sent"
    db.write(
        "INSERT INTO sims (sim_id, line_id, kind, status, issued_on) VALUES (?, ?, ?, ?, ?)",
        sim_id,
        line_id,
        kind,
        status,
        db.now[:10],
    )
    charge(db, line_id, "sim", SIM_CENTS[kind])
    return views.sims(db, line_id)[-1]


@tool(writes=True)
def set_roaming(db: EpisodeDatabase, line_id: Text, allowed: bool) -> views.Line:
    """Allow or forbid that a line is used abroad; the phone has a switch of its own for data."""
    if views.line(db, line_id).roaming == allowed:
        raise ToolError(f"roaming is already {'allowed' if allowed else 'forbidden'} for line {line_id}")
    return _changed(db, line_id, "roaming", int(allowed))


@tool(writes=True)
def set_picture_messages(db: EpisodeDatabase, line_id: Text, allowed: bool) -> views.Line:
    """Allow or forbid picture messages for a line."""
    if views.line(db, line_id).picture_messages == allowed:
        raise ToolError(f"picture messages are already {'allowed' if allowed else 'forbidden'} for line {line_id}")
    return _changed(db, line_id, "picture_messages", int(allowed))


@tool(writes=True)
def register_line(db: EpisodeDatabase, line_id: Text) -> views.Line:
    """Register a line in the network that the network has lost."""
    if views.line(db, line_id).registered:
        raise ToolError(f"line {line_id} is registered; look for another cause")
    return _changed(db, line_id, "registered", 1)


@tool(writes=True)
def restore_speed(db: EpisodeDatabase, line_id: Text) -> views.Line:
    """Give a line that is slowed its full speed again."""
    if not views.line(db, line_id).slowed:
        raise ToolError(f"line {line_id} is not slowed; look for another cause")
    return _changed(db, line_id, "slowed", 0)


def _sims(db: EpisodeDatabase, line_id: str) -> list[views.Sim]:
    views.line(db, line_id)
    return views.sims(db, line_id)


def _changed(db: EpisodeDatabase, line_id: str, column: str, value: str | int) -> views.Line:
    db.write(f"UPDATE lines SET {column} = ? WHERE line_id = ?", value, line_id)
    return views.line(db, line_id)
