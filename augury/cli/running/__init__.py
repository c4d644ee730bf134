"""Having a job carried out, by a service that is there or by one that is started for it: `run` and `compare`."""
