"""How partners deviate from the text: switches that a person sets, and what each of them does."""
