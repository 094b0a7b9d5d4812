"""What the live view is given by the rest of the program: services, set-up, ensembles of stored runs."""
