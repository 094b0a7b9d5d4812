"""Studies of the model. Every folder is one study; the files beside them are what all share."""
