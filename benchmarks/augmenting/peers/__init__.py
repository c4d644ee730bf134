"""Other libraries, in an environment and a process of their own, which takes turns with this one."""
