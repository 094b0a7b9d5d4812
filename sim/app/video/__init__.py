"""What is shown, recorded by the browser as a video."""
