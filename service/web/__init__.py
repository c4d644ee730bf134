"""The pages: what people see in a browser. They read as the routes of ``/v1`` do, and write through these alone."""
