/** For a field that holds a secret: empties it also when it leaves the page with the secret still in it, since an element
 * lives on until it is collected. */
export const wiped = (input: HTMLInputElement) => () => {
  input.value = ''
}
