"""What is true whoever asks: one module for each noun."""
