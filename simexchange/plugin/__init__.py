"""What the pytest plugin does once a test asks for it: servers, markers, the egress guard and the failure report."""
