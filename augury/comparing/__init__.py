"""A whole comparison without a service: plan, trials, probes, evidence and report, on this machine."""
