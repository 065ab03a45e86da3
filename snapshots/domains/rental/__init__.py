"""A rental shop for tools, machines and outdoor equipment: members, items, bookings, fees and damages."""
