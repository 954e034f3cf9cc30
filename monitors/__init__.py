"""The science of oversight: immutable transcripts in, scores with evidence out. No Django, no Celery."""
