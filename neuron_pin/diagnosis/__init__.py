"""Error messages of Neuron's software: what each means, and which cause the facts prove."""
