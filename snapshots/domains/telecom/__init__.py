"""The help desk of a mobile phone operator: lines, bills and faults, and phones that only their owners can touch."""
