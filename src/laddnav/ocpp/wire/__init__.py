"""Pure: what stations say and hear, read into a few version-free words and written from them."""
