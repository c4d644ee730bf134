"""From a request and the facts about a dataset to arms, trials and rounds."""
