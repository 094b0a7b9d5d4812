"""Validation: the model beside what was reported, beside null models, and beside stylised facts."""
