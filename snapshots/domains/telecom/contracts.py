"""The agent's tools that write about what a line is entitled to: plans, add-ons, numbers, unlock codes."""

from __future__ import annotations

from datetime import timedelta

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.tools import ToolError, tool

from . import views
from .billing import charge, new_id
from .reading import Number, Text


def usable_line(db: EpisodeDatabase, line_id: str) -> views.Line:
    """A line that is not blocked.

    Raises:
        ToolError: It is.
    """
    line = views.line(db, line_id)
    if line.block != "none":
        raise ToolError(f"line {line_id} is blocked as {line.block}; this is possible for a line without a block only")
    return line


@tool(writes=True)
def change_plan(db: EpisodeDatabase, line_id: Text, next_plan_id: Text) -> views.Line:
    """Change a line's plan to another one from the first of next month on; it replaces a change that waits.

    The plan must be on sale. Within the contract it must not cost less than the one of now.
    """
    line, plan = usable_line(db, line_id), views.plan(db, next_plan_id)
    if not plan.on_sale:
        raise ToolError(f"plan {plan.name} is no longer on sale; offer one that is")
    if plan.name == line.plan:
        raise ToolError(f"line {line_id} has the plan {plan.name} now; use cancel_plan_change if it is to stay")
    if plan.monthly_cents < line.monthly_cents and line.contract_until >= db.now[:10]:
        raise ToolError(
            f"line {line_id} is under contract until {line.contract_until}; until then its plan must not cost less"
            f" than {line.monthly_cents} cents, and {plan.name} costs {plan.monthly_cents}"
        )
    db.write("UPDATE lines SET next_plan_id = ? WHERE line_id = ?", next_plan_id, line_id)
    return views.line(db, line_id)


@tool(writes=True)
def cancel_plan_change(db: EpisodeDatabase, line_id: Text) -> views.Line:
    """Cancel a change of plan that waits for the first of next month."""
    if views.line(db, line_id).next_plan is None:
        raise ToolError(f"no change of plan waits for line {line_id}; there is nothing to cancel")
    db.write("UPDATE lines SET next_plan_id = NULL WHERE line_id = ?", line_id)
    return views.line(db, line_id)


@tool(writes=True)
def book_add_on(db: EpisodeDatabase, line_id: Text, add_on_id: Text) -> views.Booking:
    """Book an add-on from now on; its price stands on the next bill. A line has one pass of a zone at a time."""
    usable_line(db, line_id)
    add_on = views.AddOn(**views.found(db, "add_ons", "add_on_id", add_on_id, "add-on", "list_add_ons gives the ids"))
    there = db.row(
        "SELECT valid_until FROM bookings WHERE line_id = ? AND add_on_id = ? AND valid_until >= ?"
        " ORDER BY valid_until DESC",
        line_id,
        add_on_id,
        db.now[:10],
    )
    if add_on.kind == "roaming" and there is not None:
        raise ToolError(f"line {line_id} has the {add_on.name} until {there['valid_until']}; book it again after that")
    booking_id = new_id(db, "bookings", "booking_id", "K")
    db.write(
        "INSERT INTO bookings (booking_id, line_id, add_on_id, booked_at, valid_until) VALUES (?, ?, ?, ?, ?)",
        booking_id,
        line_id,
        add_on_id,
        db.now,
        (views.today(db) + timedelta(days=add_on.days)).isoformat(),
    )
    charge(db, line_id, "add_on", add_on.price_cents)
    return views.booking(db, booking_id)


@tool(writes=True)
def change_number(db: EpisodeDatabase, line_id: Text, number: Number) -> views.Line:
    """Give a line one of the free numbers; the fee stands on the next bill, and the old number is lost at once."""
    usable_line(db, line_id)
    fee = db.scalar("SELECT fee_cents FROM free_numbers WHERE number = ?", number)
    if fee is None:
        raise ToolError(f"the number {number} is not free; list_free_numbers shows some that are")
    db.write("DELETE FROM free_numbers WHERE number = ?", number)
    db.write("UPDATE lines SET number = ? WHERE line_id = ?", number, line_id)
    charge(db, line_id, "number", fee)
    return views.line(db, line_id)


@tool(writes=True)
def send_unlock_code(db: EpisodeDatabase, line_id: Text) -> views.Line:
    """Send the code by which a line's phone takes SIMs of other operators; once."""
    if views.line(db, line_id).unlocked:
        raise ToolError(f"the code for line {line_id} was already sent; the phone is unlocked")
    db.write("UPDATE lines SET unlocked = 1 WHERE line_id = ?", line_id)
    return views.line(db, line_id)
