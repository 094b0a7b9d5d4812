"""What is done with the model: commands, comparisons, files, figures. It imports `sim`, never the reverse."""
