"""How a judge is asked and how its answer is read: nothing in a transcript may speak with our authority."""
