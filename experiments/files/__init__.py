"""What files look like: columns, whole files and folders, CSV and Parquet, events, scenario files."""
