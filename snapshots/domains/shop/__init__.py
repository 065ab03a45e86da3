"""An online shop for the home and the garden: customers, orders, parcels, returns and money."""
