"""From the results of trials to verdicts, reasons and a recommendation."""
