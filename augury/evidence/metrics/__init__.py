"""What models are judged by: one table of metrics, each with its value and with what every image contributes to it."""
