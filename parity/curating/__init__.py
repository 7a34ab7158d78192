"""`tokparity corpus`: look at corpora, count what is in them, add to them, import into them."""
