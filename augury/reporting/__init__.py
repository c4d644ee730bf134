"""From a report to a page, Markdown and figures."""
