"""`lambda-image bench client`: the Runtime API clients of images, side by side in one run."""
