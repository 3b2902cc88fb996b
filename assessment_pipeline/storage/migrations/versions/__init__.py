"""The revisions, a file each. One that was released is never changed."""
