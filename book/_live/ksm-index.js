// The site's address leads to its first page, and to the builder if it holds a
// history: https://HOST/#h=moved
{
  const { first, builder } = document.currentScript.dataset;
  location.replace((location.hash.startsWith("#h=") ? builder : first) + location.hash);
}
