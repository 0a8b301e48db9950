"""What a user can ask for: lock, check, diff, explain, import, verify, write."""
