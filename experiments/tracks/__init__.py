"""What runs leave behind week by week and square by square: `weekly.csv` and `squares.csv`."""
