"""What happens when a disk fails, fills up or is read-only, and when a process is killed."""
