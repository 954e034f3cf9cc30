"""Text in which a model speaks to those who read, grade or watch its reasoning: phrases, and where they stand."""
