"""From a trial's definition and a snapshot to its result. The only Keras code, with ``augury.probing``."""
