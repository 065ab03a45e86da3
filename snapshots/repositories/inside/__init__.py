"""Programs that run in a sandbox beside the tests; they know the standard library and pytest alone."""
