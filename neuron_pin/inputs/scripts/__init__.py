"""Shell scripts, and files of other forms that have them inside."""
