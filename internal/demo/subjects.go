package demo

// subjects are what the demo knows something about. The page offers them; words is how a task is recognised.
var subjects = []struct {
	title string
	words []string
	facts []string
}{
	{
		title: "the history of locks and keys",
		words: []string{"locks and keys", "padlock"},
		facts: []string{
			"Wooden pin locks were in use in Egypt and Mesopotamia some four thousand years ago; their keys were as long as a forearm.",
			"The Romans made locks of metal and keys small enough to be worn as rings.",
			"In 1778 Robert Barron patented a lock whose levers had to be lifted to exactly the right height, no less and no more.",
			"Joseph Bramah put a lock in his shop window with a prize for whoever could open it; it stayed shut until 1851, when Alfred Hobbs needed more than fifty hours.",
			"In the 1860s Linus Yale the younger brought the old pin lock back as a small cylinder, and most front doors still have it.",
		},
	},
	{
		title: "how honey bees find their way",
		words: []string{"honey bee", "honeybee"},
		facts: []string{
			"A bee that has found flowers tells the others with a dance: its angle gives the direction relative to the sun, its length the distance.",
			"Bees see the polarisation of light, so a patch of blue sky is enough to know where the sun stands.",
			"An inner clock corrects for the way that the sun has moved since they left.",
			"They judge distance by how quickly the ground streams past their eyes.",
			"Close to the hive they steer by landmarks, which young bees learn on short flights around it.",
		},
	},
	{
		title: "why the sky is blue",
		words: []string{"sky is blue", "blue sky"},
		facts: []string{
			"Sunlight holds all colours, and each has its own wavelength: blue is short, red is long.",
			"Molecules of air scatter short waves far more than long ones; blue is scattered about four times as strongly as red.",
			"So blue light reaches our eyes from every part of the sky, not only from where the sun stands.",
			"Violet is scattered even more, but the sun sends less of it and our eyes are less sensitive to it.",
			"In the evening the light crosses much more air; most of the blue is lost on the way, and what arrives is red.",
		},
	},
}
