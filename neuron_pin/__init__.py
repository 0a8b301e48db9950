"""neuron-pin: carries out AWS Neuron's software maintenance policy for pip, apt and rpm."""

__version__ = "0.1.0"
