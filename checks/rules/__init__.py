"""Rules that hold for tables of more than one step, each as a function that proves it for one part."""
