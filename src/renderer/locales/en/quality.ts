export default {
  title: 'How good it is',
  text: 'Measures new pictures of this model against yours, and yours against yours. It takes a few minutes and changes nothing.',
  measure: 'Measure',
  again: 'Measure again',
  busy: 'Measuring {name}',
  cancel: 'Cancel the measuring',
  older: 'Measured at step {step}.',
  tooFew: 'There are too few pictures to compare with. Add more, then train again.',
  columns: { what: 'What is measured', made: 'Made', fitted: 'Near yours', real: 'Yours', collapse: 'Stuck' },
  columnHelp: {
    made: 'Pictures that this model makes from anywhere (its standard prior)',
    fitted: 'Pictures that it makes from places like those where it put yours (a prior fitted after training)',
    real: 'Other pictures of yours in their place: what could be reached at best',
    collapse: 'A model that is stuck and draws a hundredth of your pictures over and over',
  },
  compare: 'Compared by',
  spaces: { 'random-features-1': 'Look', 'classifier-1': 'Kind', pixels: 'Pixels' },
  spaceHelp: {
    'random-features-1': 'Shapes and textures, as a network sees them that was never trained ({id}, {n} numbers).',
    'classifier-1':
      'What a small network looks at that was just taught to tell your tags apart; it is right {accuracy} of the time ({id}, {n} numbers).',
    pixels: 'The bare pixels, as a check ({n} numbers).',
  },
  scores: {
    frechet: {
      name: 'Distance',
      term: 'Fréchet distance',
      text: 'How far the made are from yours, taken as a whole. Lower is better.',
    },
    precision: { name: 'Believable', term: 'Precision', text: 'The share of the made that look like some picture of yours.' },
    density: {
      name: 'Close to yours',
      term: 'Density',
      text: 'How deep among yours the made lie. Low where they are noisy or blurred; about 1 is real, more means only the most typical.',
    },
    recall: { name: 'Variety', term: 'Recall', text: 'The share of your pictures that the model could have made.' },
    coverage: {
      name: 'Nothing forgotten',
      term: 'Coverage',
      text: 'The share of your pictures that have a made one close by. Near zero when the model draws the same few again and again.',
    },
  },
  verdict: {
    stuck: 'It draws the same few pictures again and again: variety is lost.',
    strange: 'Its pictures do not look like yours yet.',
    narrow: 'Single pictures are good, but much of what you have is never made.',
    close: 'Its pictures are hardly told from yours by these measures.',
    between: 'On its way: some of yours is there, some is not, and some of the made look strange.',
  },
  kinds: {
    title: 'Kinds',
    hit: { name: 'Kinds that appear', text: 'How many of your {n} tags appear among the made, as the small network tells them.' },
    divergence: {
      name: 'Mixture',
      term: 'Kullback–Leibler divergence, nats',
      text: 'How much the mixture of kinds differs from yours. 0 is the same mixture.',
    },
    share: 'How often each appears',
    data: 'in yours',
  },
  nearest: {
    title: 'Does it copy?',
    distance: {
      name: 'Way to the nearest of yours',
      text: 'How far a picture typically is from the training picture most like it. Much less than for pictures it never saw means copying.',
    },
    pairs: 'Made pictures, each with the training picture most like it below',
    pair: 'Made picture {n}',
    own: 'The picture of yours most like made picture {n}',
  },
  latents: {
    title: 'What its numbers know',
    columns: { latents: 'Its numbers', pixels: 'Pixels' },
    linear: {
      name: 'Tags, by a straight line',
      term: 'Linear probe, balanced accuracy',
      text: 'How often a tag is told right from the model’s numbers alone. Guessing gets 50 %.',
    },
    neighbours: {
      name: 'Tags, by neighbours',
      term: 'Nearest neighbours, balanced accuracy',
      text: 'The same, by the tags of the five pictures with the most similar numbers.',
    },
  },
  redrawing: {
    title: 'Redrawing',
    mse: {
      name: 'Error per pixel',
      term: 'Mean squared error',
      text: 'Of pictures it never trained on. The simplest method with as many numbers (PCA) is beside it.',
    },
    columns: { own: 'Model', pca: 'Simplest' },
  },
  settings:
    '{count} pictures in each set, {k} neighbours, seed {seed}, against {real}. Distances compare only between measurements with as many pictures.',
  real: { 'held-out': 'pictures kept out of training', 'other-training': 'other training pictures, as few were kept out' },
}
