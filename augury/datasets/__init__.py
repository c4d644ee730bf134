"""From a reference to a snapshot: labelled images as arrays, and the facts about them."""
