"""What the service and the workers must agree on about webhooks: settings, addresses, the key, and signatures."""
