"""No code, on purpose: in place of this file's own bytecode `neuron_pin.bytecode` keeps that of the
modules that were used, so that installers which remove a source with its bytecode remove it too.
"""
