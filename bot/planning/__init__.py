"""Make a plan: which targets are touched, what they render to, what the cluster holds, and how the four sides differ.

One way of planning serves pulls, the command line, confirming and drift. Sides of an object: B at the base tip, H at
base⊕head, A what we last wrote, L live (DESIGN §6). Ports in, Plan out; nothing here writes.
"""
