"""Validation: the model beside what was reported, beside null models, and beside the field's stylised facts."""
