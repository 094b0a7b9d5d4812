"""The look of all figures and pages: colours, words, tables, heat maps, forest plots, the base map."""
