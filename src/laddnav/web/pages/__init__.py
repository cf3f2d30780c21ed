"""The pages of the console, a file a subject; each asks verbs for what it shows and says where its doors are."""
