"""Known error messages of Neuron software: what each means, and which cause the facts prove."""
