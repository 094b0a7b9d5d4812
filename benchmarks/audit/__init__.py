"""An audit for artefacts: do the conclusions survive what a right implementation does not care about? (`make audit`)

Roads are cut into other steps, the grid is shifted, turned and made finer, cells are halved and doubled at the same
total effort, agents are renamed, streams are fresh (`variants.py`). For each of these the effect (posture less base,
pairs with the same streams) is compared with that of the model as it is (`effects.py`): robust if the 95% interval of
the change lies within the tolerance, shifted if it lies outside, undetermined else. The tolerance is the larger of a
tenth of the effect and 2% of the base. Why an effect shifts is asked by experiments in which a suspect is held still in
both worlds, and by counting what shares a square (`sharing.py`).
"""
