"""Changes of an object's columns since its last export."""
