"""What does an unknown system export, and what may it mean? Sample files become a first source config."""
